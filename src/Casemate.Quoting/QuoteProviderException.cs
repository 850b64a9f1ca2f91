namespace Casemate.Quoting;

/// <summary>A quote, or the key for quotes, could not be made.</summary>
/// <param name="code">What the client is told.</param>
/// <param name="message">What went wrong, for the log.</param>
/// <param name="remedy">What to do about it; null: the usual remedy of <paramref name="code"/>.</param>
/// <param name="dcapCode">What Intel's quoting library returned; null when it was not asked.</param>
/// <param name="cause">What happened underneath; null when the message says it all.</param>
public sealed class QuoteProviderException(
    AesmError code, string message, string? remedy = null, uint? dcapCode = null, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>What the client is told.</summary>
    public AesmError Code { get; } = code;

    /// <summary>What Intel's quoting library returned; null when it was not asked.</summary>
    public uint? DcapCode { get; } = dcapCode;

    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = remedy ?? AesmErrorText.Remedy(code);

    /// <summary>Makes the exception for what Intel's quoting library returned.</summary>
    /// <param name="call">The name of the function that was called.</param>
    /// <param name="dcapCode">What it returned; not 0.</param>
    public static QuoteProviderException FromDcap(string call, uint dcapCode) => new(
        AesmErrorText.FromDcap(dcapCode), $"{call} returned 0x{dcapCode:X}", AesmErrorText.DcapRemedy(dcapCode), dcapCode);
}
