namespace Casemate.Oci.Zstandard;

/// <summary>Bytes that are not well-formed Zstandard data, or ask for more than is allowed.</summary>
internal sealed class ZstandardException(ZstandardError error, string message) : Exception(message)
{
    /// <summary>The reason, to branch on.</summary>
    public ZstandardError Error { get; } = error;

    /// <summary>The same, with the place of the header, block or checksum at fault.</summary>
    public ZstandardException At(long position) => new(Error, $"at byte {position}: {Message}");

    /// <summary>A block that is not what the format asks for.</summary>
    public static ZstandardException Block(string what) => new(ZstandardError.MalformedBlock, what);
}
