namespace Casemate.Admission;

/// <summary>Tells pods that have nothing to do with SGX from the rest, without reading them.</summary>
internal static class PodInterest
{
    /// <summary>
    /// False only for a pod that no rule can touch: every name that means something here has <c>sgx</c> or <c>epc</c> in it. Escaped
    /// letters could hide one, so a text with <c>\u</c> is read.
    /// </summary>
    public static bool MayUseSgx(ReadOnlySpan<byte> json) =>
        json.IndexOf("sgx"u8) >= 0 || json.IndexOf("epc"u8) >= 0 || json.IndexOf("SGX"u8) >= 0 || json.IndexOf("EPC"u8) >= 0
        || json.IndexOf("Sgx"u8) >= 0 || json.IndexOf("Epc"u8) >= 0 || json.IndexOf("\\u"u8) >= 0;
}
