namespace Casemate.Serve;

/// <summary>Something that a <see cref="HealthEndpoint"/> serves besides health and metrics.</summary>
/// <param name="Path">Where, such as <c>/describe</c>.</param>
/// <param name="ContentType">The type of what <paramref name="Write"/> gives.</param>
/// <param name="Write">The content at this moment, called for each request; null: there is none yet, which is answered with 503.</param>
public sealed record HealthPage(string Path, string ContentType, Func<ReadOnlyMemory<byte>?> Write);
