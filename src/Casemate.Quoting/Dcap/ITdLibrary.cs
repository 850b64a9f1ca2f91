namespace Casemate.Quoting.Dcap;

/// <summary>Intel's library for quotes of TDs as the worker calls it. One call at a time, always on the same thread.</summary>
internal interface ITdLibrary
{
    /// <summary>The file that was loaded.</summary>
    string Name { get; }

    /// <summary>Makes a quote of a TD report of 1024 bytes.</summary>
    /// <exception cref="DcapCallException">The library refused.</exception>
    byte[] Quote(TdKeyRequest key, ReadOnlySpan<byte> tdReport);
}
