namespace Casemate.Quoting;

/// <summary>What an error of the quote helper means and what to do about it, for logs and for <c>casemate quote-helper check</c>.</summary>
public static partial class AesmErrorText
{
    private const uint FirstDcapError = 0xE001;
    private const uint LastDcapError = 0xE0FF;

    // From 0xE001 on, without gaps, as the ECDSA bundle of Intel's service maps them.
    private static ReadOnlySpan<byte> AesmCodes =>
        [1, 3, 21, 32, 33, 15, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 29, 45, 46, 47, 48, 49, 50, 12, 22];

    /// <summary>What a code means, one sentence.</summary>
    public static string Meaning(AesmError error) => Row(error).Meaning;

    /// <summary>What to do about a code, one sentence.</summary>
    public static string Remedy(AesmError error) => Row(error).Remedy;

    /// <summary>The code that clients get for an error of Intel's quoting library.</summary>
    /// <param name="dcapCode">What the library returned: <c>quote3_error_t</c> or <c>tee_att_error_t</c>, 0 for success.</param>
    public static AesmError FromDcap(uint dcapCode) => OfEnclaves(dcapCode) switch
    {
        0 => AesmError.Success,
        >= FirstDcapError and <= LastDcapError when OfEnclaves(dcapCode) - FirstDcapError < AesmCodes.Length =>
            (AesmError)AesmCodes[(int)(OfEnclaves(dcapCode) - FirstDcapError)],
        _ => AesmError.Unexpected,
    };

    /// <summary>What to do about an error of Intel's quoting library; more exact than the remedy of the code that clients get.</summary>
    /// <param name="dcapCode">What the library returned.</param>
    public static string DcapRemedy(uint dcapCode) => OfEnclaves(dcapCode) switch
    {
        0xE011 => "The collateral service has no PCK certificate for this platform: register the platform or fix the collateral address.",
        0xE035 => "The quote helper has no access to the provision device: give it the group of /dev/sgx_provision (sgx_prv).",
        0xE046 => "The collateral service answered something that is not its protocol: check the address and proxies on the way.",
        0xE047 => "The collateral service does not know the platform: register it with its platform manifest.",
        0xE049 => "The collateral service has no certificates for this platform: register it, or let the service fetch them.",
        0xE065 => "The TLS certificate of the collateral service is not trusted: mount its CA certificate.",
        >= 0xB001 and <= 0xB036 => "The collateral network library failed: check the collateral address, its TLS trust and the network.",
        > 0 and < 0xB000 => "The SGX runtime failed: check the devices, the EPC and the signed enclaves.",
        _ => Remedy(FromDcap(dcapCode)),
    };

    // The library for TDs has the errors of the one for enclaves in a range of its own (td_ql_wrapper.h).
    private static uint OfEnclaves(uint code) => code is > 0x11000 and <= 0x110FF ? FirstDcapError - 1 + (code & 0xFF) : code;
}
