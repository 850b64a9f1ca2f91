using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Casemate.KataPolicy.Initdata;

/// <summary>A field of evidence that carries a digest which the host chose at the guest's start.</summary>
/// <param name="Target">The platform: <c>snp</c>, <c>tdx</c>, <c>cca</c>, <c>sgx</c>, <c>se</c> or <c>vtpm</c>.</param>
/// <param name="Field">The field's name there: <c>HOST_DATA</c>, <c>MRCONFIGID</c> and so on.</param>
/// <param name="Value">What it will hold.</param>
public sealed record BoundField(string Target, string Field, ImmutableArray<byte> Value)
{
    /// <summary>The fields and their lengths in bytes.</summary>
    private static readonly (string Target, string Field, int Length)[] Fields =
    [
        ("snp", "HOST_DATA", 32), ("tdx", "MRCONFIGID", 48), ("cca", "RPV", 64), ("sgx", "CONFIGID", 64), ("se", "USER_DATA", 256),
    ];

    /// <summary>The value as hexadecimal digits.</summary>
    public string Hex => Convert.ToHexStringLower(Value.AsSpan());

    /// <summary>
    /// What every platform will report for a digest: longer digests are cut off, shorter ones followed by zeros. PCR 8 of a virtual TPM
    /// takes a SHA-256 digest only, extended once from zero.
    /// </summary>
    /// <param name="digest">The digest of an initdata document.</param>
    public static ImmutableArray<BoundField> Of(ReadOnlySpan<byte> digest)
    {
        var fields = ImmutableArray.CreateBuilder<BoundField>();
        foreach (var (target, field, length) in Fields)
        {
            var value = new byte[length];
            digest[..Math.Min(length, digest.Length)].CopyTo(value);
            fields.Add(new BoundField(target, field, [.. value]));
        }

        if (digest.Length == SHA256.HashSizeInBytes)
        {
            Span<byte> extended = stackalloc byte[2 * SHA256.HashSizeInBytes];
            extended.Clear();
            digest.CopyTo(extended[SHA256.HashSizeInBytes..]);
            fields.Add(new BoundField("vtpm", "PCR8", [.. SHA256.HashData(extended)]));
        }

        return fields.ToImmutable();
    }

    /// <summary>
    /// What a guest of AKS reports for a policy given without initdata: HOST_DATA is the SHA-256 of the policy's text.
    /// </summary>
    /// <param name="policy">The policy's text, exactly.</param>
    public static BoundField OfAgentPolicy(string policy) => new("snp", "HOST_DATA", [.. SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(policy))]);
}
