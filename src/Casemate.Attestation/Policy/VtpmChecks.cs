using System.Collections.Immutable;
using System.Security.Cryptography;
using Casemate.Attestation.Azure;

namespace Casemate.Attestation.Policy;

/// <summary>Judges the quote of a virtual TPM by policy.</summary>
internal static class VtpmChecks
{
    private const int NonceSize = 64;

    /// <summary>Judges evidence of a VM that has no virtual TPM: rules for one are then not met.</summary>
    public static void Absent(CheckList checks, EvidencePolicy policy)
    {
        if (!policy.Vtpm.Pcrs.IsEmpty || policy.Vtpm.RequireUserData)
        {
            checks.Judge(CheckId.VtpmPcrs, false, "the quote of a virtual TPM, for which the policy has rules", "there is none");
        }
    }

    /// <summary>Compares the quote's nonce with the one that the caller expects.</summary>
    public static void Nonce(CheckList checks, EvidencePolicy policy, ReadOnlySpan<byte> extraData)
    {
        if (policy.ReportData is { } expected)
        {
            // Report data of other evidence are filled up with zeros to 64 bytes; so is the TPM's shorter field here.
            var holds = expected.Length <= NonceSize && CryptographicOperations.FixedTimeEquals(Padded(expected), Padded(extraData));
            var found = $"extraData {Convert.ToHexStringLower(extraData)}";
            checks.Judge(CheckId.VtpmNonce, holds, holds ? found : $"extraData {Convert.ToHexStringLower(expected)}", found);
        }
        else if (policy.AcceptUnboundEvidence)
        {
            checks.NotAsked(CheckId.VtpmNonce, "any: not compared, so a copy of old evidence passes too");
        }
        else
        {
            checks.Judge(
                CheckId.VtpmNonce, false, "a nonce named by the caller, so that old evidence cannot be replayed", "none was named");
        }
    }

    /// <summary>Asks whether the runtime data carry the quote's nonce too.</summary>
    public static void UserData(CheckList checks, HclRuntimeData data, ReadOnlySpan<byte> extraData)
    {
        const string rule = "user-data of the runtime data: the quote's extraData, then zeros";
        var holds = data.UserData is { } userData && CryptographicOperations.FixedTimeEquals(Padded(extraData), userData.Span);
        checks.Judge(
            CheckId.VtpmUserData, holds, rule,
            holds ? rule : data.UserData is { } found ? $"user-data {CommonChecks.Hex(found.Span)}" : "there is no user-data");
    }

    /// <summary>Judges PCR values, whose digest has been checked apart from this.</summary>
    public static void Pcrs(CheckList checks, EvidencePolicy policy, in TpmQuote quote, ImmutableArray<byte[]> pcrs)
    {
        if (policy.Vtpm.Pcrs.IsEmpty)
        {
            if (policy.AcceptAnyIdentity)
            {
                checks.NotAsked(CheckId.VtpmPcrs, "any PCR values");
            }
            else
            {
                checks.Judge(CheckId.VtpmPcrs, false, "a policy that names PCR values", "none named");
            }

            return;
        }

        foreach (var (number, accepted) in policy.Vtpm.Pcrs)
        {
            if (number is < 0 or >= TpmQuote.PcrCount || (quote.PcrSelection >> number & 1) == 0 || number >= pcrs.Length)
            {
                checks.Judge(CheckId.VtpmPcrs, false, $"PCR{number} {CommonChecks.Join(accepted)}", $"PCR{number} is not in the quote");
                continue;
            }

            var value = pcrs[number];
            var holds = CommonChecks.Contains(accepted, value);
            var found = $"PCR{number} {CommonChecks.Hex(value)}";
            checks.Judge(CheckId.VtpmPcrs, holds, holds ? found : $"PCR{number} {CommonChecks.Join(accepted)}", found);
        }
    }

    private static byte[] Padded(ReadOnlySpan<byte> value)
    {
        var padded = new byte[NonceSize];
        value.CopyTo(padded);                                               // the TPM's field is at most as long, see TpmQuote
        return padded;
    }
}
