using System.Collections.Frozen;

namespace Casemate.Measurement.Enclave;

/// <summary>MRSIGNER values whose private keys are public: enclaves that carry them prove nothing about who signed.</summary>
public static class KnownSigners
{
    private static readonly FrozenDictionary<string, string> s_samples = new Dictionary<string, string>
    {
        ["83d719e77deaca1470f6baf62a4d774303c899db69020f9c70ee1dfc08c7ce9e"] =
            "the sample key of the Intel SGX SDK, also of kits that come from it",
        ["ca9ad7331448980aa28890ce73e433638377f179ab4456b2fe237193193a8d0a"] =
            "the debug key that is built into Open Enclave",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The identities that are known, as lower-case hexadecimal.</summary>
    public static IReadOnlyCollection<string> SampleSigners => s_samples.Keys;

    /// <summary>Says whose published key an MRSIGNER is.</summary>
    /// <param name="mrSigner">32 bytes.</param>
    /// <returns>A few words; null when it is none that is known.</returns>
    public static string? DescribeSample(ReadOnlySpan<byte> mrSigner) => s_samples.GetValueOrDefault(Convert.ToHexStringLower(mrSigner));
}
