using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Tests;

/// <summary>A response that was read to its end.</summary>
public sealed record Answer(int Status, HttpResponseHeaders Headers, string? MediaType, byte[] Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Bytes);
            return document.RootElement.Clone();
        }
    }

    public JsonElement Data => Json.GetProperty("data");

    public string? Code => Json.TryGetProperty("code", out var code) ? code.GetString() : null;

    /// <summary>The paths of the faulty fields, in the order of the answer.</summary>
    public IReadOnlyList<string> FaultyFields => Json.TryGetProperty("fields", out var fields)
        ? [.. fields.EnumerateArray().Select(fault => fault.GetProperty("path").GetString()!)]
        : [];

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
}

/// <summary>Requests in one line.</summary>
public static class Calls
{
    public static Task<Answer> ReadAsync(this HttpClient client, string path, CancellationToken cancellationToken) =>
        client.CallAsync(HttpMethod.Get, path, null, cancellationToken);

    /// <param name="body">Null: no body. Text: sent as it is. Anything else: as JSON.</param>
    public static async Task<Answer> CallAsync(
        this HttpClient client, HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = ToContent(body) };
        return await client.CallAsync(request, cancellationToken);
    }

    public static async Task<Answer> CallAsync(
        this HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await client.SendAsync(request, cancellationToken);
        return new(
            (int)response.StatusCode,
            response.Headers,
            response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    public static HttpContent? ToContent(object? body) => body switch
    {
        null => null,
        HttpContent content => content,
        string text => new StringContent(text, Encoding.UTF8, "application/json"),
        JsonNode node => new StringContent(node.ToJsonString(), Encoding.UTF8, "application/json"),
        _ => new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
    };
}
