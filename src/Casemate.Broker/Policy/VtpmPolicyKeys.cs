using System.Collections.Immutable;
using System.Globalization;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Policy;

namespace Casemate.Broker;

/// <summary>The keys of <c>vtpm</c>.</summary>
internal static class VtpmPolicyKeys
{
    private const int DigestSize = 32;
    private static readonly VtpmPolicy DefaultVtpm = new();

    public static PolicySection<VtpmPolicy> Section { get; } = new(DefaultVtpm,
    [
        PolicyKeys.Make(
            "pcrs", "mapping of PCR numbers, 0 to 23, to lists of 32 bytes in hex",
            "SHA-256 PCR values that pass. They name what booted above the launch measurement, which snp or tdx names.",
            (n, p) => p with { Pcrs = ReadPcrs(n) }, p => PolicyText.Of(Write(p)), DefaultVtpm),
        PolicyKeys.Flag(
            "requireUserData", "Wants the nonce in the hardware report's runtime data too, whatever version the evidence claims.",
            p => p.RequireUserData, (p, v) => p with { RequireUserData = v }, DefaultVtpm),
    ]);

    private static string Write(VtpmPolicy policy) => policy.Pcrs.IsEmpty
        ? "{}"
        : $"{{ {string.Join(", ", policy.Pcrs.Select(p =>
            $"{p.Key.ToString(CultureInfo.InvariantCulture)}: [{string.Join(", ", p.Value.Select(Convert.ToHexStringLower))}]"))} }}";

    private static ImmutableSortedDictionary<int, ImmutableArray<byte[]>> ReadPcrs(PolicyNode node)
    {
        var pcrs = ImmutableSortedDictionary.CreateBuilder<int, ImmutableArray<byte[]>>();
        foreach (var (key, value) in node.AsMapping())
        {
            var number = (int)key.AsNumber(TpmQuote.PcrCount - 1);
            if (pcrs.ContainsKey(number))
            {
                throw key.Error($"PCR {number} appears twice");
            }

            ImmutableArray<byte[]> values = [.. value.AsList().Select(i => i.AsHex(DigestSize))];
            pcrs.Add(number, values.IsEmpty ? throw value.Error("an empty list would refuse every value; leave the PCR out") : values);
        }

        return pcrs.ToImmutable();
    }
}
