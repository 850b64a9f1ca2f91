namespace Casemate.Quoting.Dcap;

/// <summary>Intel's quoting library as the worker calls it. One call at a time, always on the same thread.</summary>
internal interface IDcapLibrary
{
    /// <summary>The file that was loaded.</summary>
    string Name { get; }

    /// <summary>Makes and certifies the key if need be.</summary>
    /// <exception cref="DcapCallException">The library refused.</exception>
    QuotingTarget Initialise(bool refresh);

    /// <summary>Makes a quote; <paramref name="qeReportInfo"/> (960 bytes or empty) is filled in.</summary>
    /// <exception cref="DcapCallException">The library refused.</exception>
    byte[] Quote(ReadOnlySpan<byte> report, Span<byte> qeReportInfo);
}
