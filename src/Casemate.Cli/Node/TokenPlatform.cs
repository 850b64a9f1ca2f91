using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Node.NodeObject;

namespace Casemate.Cli.Node;

/// <summary>What a token of the key broker says of the platform below the evidence, for labels of metrics.</summary>
internal static class TokenPlatform
{
    private const string Evidence = "ear.veraison.annotated-evidence";

    /// <summary>Reads a token's submodule; null when it says nothing of the platform.</summary>
    /// <param name="submodule">The submodule <c>cpu0</c>.</param>
    /// <param name="tee">What the evidence is of.</param>
    public static PlatformTcb? Read(JsonElement submodule, Tee tee)
    {
        if (!TryObject(submodule, Evidence, out var all) || !TryObject(all, KbsTee.NameOf(tee), out var evidence))
        {
            return null;
        }

        return tee switch
        {
            Tee.Sgx => new PlatformTcb("sgx", TextIn(evidence, "cpu_svn", "body"), "", Text(evidence, "tcb_status")),
            Tee.Tdx => new PlatformTcb("tdx-guest", TextIn(evidence, "tcb_svn", "quote", "body"), "", Text(evidence, "tcb_status")),
            Tee.Snp => new PlatformTcb("snp-guest", SvnOfSnp(evidence), "", null),
            _ => null,
        };
    }

    // Boot loader, TEE, SNP firmware, microcode: a byte each, as the security processor's own number has them from its lowest byte on.
    private static string SvnOfSnp(JsonElement evidence)
    {
        Span<byte> svn = stackalloc byte[4];
        var at = 0;
        foreach (var part in (ReadOnlySpan<string>)["bootloader", "tee", "snp", "microcode"])
        {
            if (!evidence.TryGetProperty("reported_tcb_" + part, out var number) || number.ValueKind is not JsonValueKind.Number
                || !number.TryGetByte(out svn[at++]))
            {
                return "";
            }
        }

        return Convert.ToHexStringLower(svn);
    }

    private static string TextIn(JsonElement at, string name, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            if (!TryObject(at, step, out at))
            {
                return "";
            }
        }

        return Text(at, name) ?? "";
    }

    private static bool TryObject(JsonElement at, string name, out JsonElement found) =>
        at.TryGetProperty(name, out found) && found.ValueKind is JsonValueKind.Object;

    private static string? Text(JsonElement at, string name) =>
        at.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
