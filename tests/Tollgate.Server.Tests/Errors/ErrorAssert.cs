namespace Tollgate.Server.Tests.Errors;

/// <summary>What holds of every error answer (spec README 4, REST notes "Errors").</summary>
internal static class ErrorAssert
{
    public static void IsError(Answer answer, int status, string? code)
    {
        Assert.True(status == answer.Status, $"{answer.Status} instead of {status}: {answer.Text}");
        Assert.Equal("application/json", answer.MediaType);
        var body = answer.Json;
        var message = body.GetProperty("message").GetString();
        Assert.False(string.IsNullOrWhiteSpace(message));
        Assert.Equal(code, answer.Code);
        Assert.Equal(message, body.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(code, body.GetProperty("error").GetProperty("code").GetString(), ignoreCase: true);
        Assert.Equal(answer.Header("x-trace-id"), body.GetProperty("traceId").GetString());
        Assert.True(Guid.TryParse(answer.Header("x-trace-id"), out _));
        Assert.Equal(ShouldRetry(status, code), answer.Header("x-should-retry"));
    }

    /// <summary>400, BadUserInput, and exactly these fields.</summary>
    public static void IsBadInput(Answer answer, params string[] fields)
    {
        IsError(answer, 400, "BadUserInput");
        Assert.Equal(fields.Order(StringComparer.Ordinal), answer.FaultyFields.Order(StringComparer.Ordinal));
    }

    /// <summary>Every 400 and every 409 but one says that the same request will fail again.</summary>
    private static string? ShouldRetry(int status, string? code) => (status, code) switch
    {
        (409, "ObjectAlreadyBeingUsedByAnotherRequestError") => "true",
        (400 or 409, _) => "false",
        _ => null,
    };
}
