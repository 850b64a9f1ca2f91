namespace Casemate.Rpc.Tests.Wire;

/// <summary>What came back on one stream.</summary>
/// <param name="Headers">Fields of the first header block.</param>
/// <param name="Body">All data.</param>
/// <param name="Trailers">Fields of the second header block; null when there was none.</param>
/// <param name="ResetCode">Why the stream was broken off; null when it was not.</param>
internal sealed record RawAnswer(
    IReadOnlyList<(string Name, string Value)> Headers, byte[] Body, IReadOnlyList<(string Name, string Value)>? Trailers, uint? ResetCode)
{
    /// <summary>The HTTP status.</summary>
    public string? HttpStatus => Of(Headers, ":status");

    /// <summary>True when the answer was one header block alone.</summary>
    public bool IsTrailersOnly => Trailers is null && Body.Length == 0 && ResetCode is null;

    /// <summary>The gRPC status, wherever it stands.</summary>
    public string? Status => Of(Trailers ?? Headers, "grpc-status");

    /// <summary>The text that goes with it, still encoded.</summary>
    public string? Message => Of(Trailers ?? Headers, "grpc-message");

    public string? Header(string name) => Of(Headers, name);

    private static string? Of(IEnumerable<(string Name, string Value)> fields, string name) =>
        fields.Where(field => field.Name == name).Select(field => field.Value).SingleOrDefault();
}
