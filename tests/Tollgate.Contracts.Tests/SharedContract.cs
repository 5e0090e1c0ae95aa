using System.Text.Json;
using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Schemas;

namespace Tollgate.Contracts.Tests;

/// <summary>The contract, loaded once for all tests (it is immutable), and short forms of validation.</summary>
internal static class SharedContract
{
    public static RestContract Instance { get; } = RestContract.Load();

    /// <summary>Every fault as "kind: message".</summary>
    public static string[] FaultsOf(
        this Schema schema, string json, UnknownFields unknownFields = UnknownFields.Refused)
    {
        using var document = JsonDocument.Parse(json);
        return [.. schema.Validate(document.RootElement, unknownFields).Select(f => $"{f.Kind}: {f.Message}")];
    }

    public static string[] Faults(string schemaName, string json) => Instance.Schema(schemaName).FaultsOf(json);
}
