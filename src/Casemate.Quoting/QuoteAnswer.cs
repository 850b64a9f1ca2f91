namespace Casemate.Quoting;

/// <summary>A quote.</summary>
/// <param name="Quote">The quote, of its exact length.</param>
/// <param name="QeReportInfo">960 bytes when the request asked for them, else empty.</param>
public sealed record QuoteAnswer(ReadOnlyMemory<byte> Quote, ReadOnlyMemory<byte> QeReportInfo);
