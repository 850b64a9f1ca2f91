using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;

namespace Casemate.Broker;

/// <summary>Every key of the policy file. The order here is the order of the handbook and of written files.</summary>
internal static class PolicySchema
{
    private static readonly AppraisalPolicy DefaultRoot = new();

    public static PolicySection<AppraisalPolicy> Root { get; } = new(DefaultRoot,
    [
        PolicyKeys.Make(
            "version", "1", "Version of this file format.",
            (n, p) => n.AsNumber(int.MaxValue) == 1 ? p : throw n.Error($"expected version 1, found {n.Describe()}"),
            _ => PolicyText.Of("1"), DefaultRoot),
        PolicyKeys.Make(
            "name", "1 to 64 letters, digits, '-', '_' and '.'", "Stands in tokens and audit records.",
            (n, p) => p with { Name = ReadName(n) }, p => PolicyText.Of(p.Name), DefaultRoot),
        PolicyKeys.TextList(
            "tees", $"list of {string.Join(", ", KbsTee.Verified)}", "Kinds of hardware whose evidence is accepted.", ReadTee,
            p => p.AcceptedTees, (p, v) => p with { AcceptedTees = v ?? [] }, DefaultRoot),
        PolicyKeys.Make(
            "resources", "list of REPOSITORY/TYPE/TAG, '*' for any one segment", "Resources that an accepted workload may read.",
            (n, p) => p with { Resources = [.. n.AsList().Select(ReadPattern)] },
            p => PolicyText.Of(p.Resources.Select(r => PolicyKeys.Quote(r.ToString()))), DefaultRoot),
        PolicyKeys.EnumList(
            "acceptedTcbStatuses", "TCB statuses of Intel platforms that pass.",
            [.. Enum.GetValues<TcbStatus>().Where(s => s is not (TcbStatus.Revoked or TcbStatus.NotSupported)).Reverse()],
            "can never be accepted",
            p => p.Evidence.AcceptedTcbStatuses, (p, v) => p with { Evidence = p.Evidence with { AcceptedTcbStatuses = v } }, DefaultRoot),
        PolicyKeys.Duration(
            "collateralGrace", "How long after its end collateral still counts as fresh.",
            p => p.Evidence.CollateralGrace, (p, v) => p with { Evidence = p.Evidence with { CollateralGrace = v } }, DefaultRoot),
        PolicyKeys.Duration(
            "platformGrace", "How long after its TCB date an OutOfDate platform still passes.",
            p => p.Evidence.PlatformGrace, (p, v) => p with { Evidence = p.Evidence with { PlatformGrace = v } }, DefaultRoot),
        PolicyKeys.Instant(
            "tcbDateFloor", "An OutOfDate platform passes if its TCB date is this instant or later.",
            p => p.Evidence.TcbDateFloor, (p, v) => p with { Evidence = p.Evidence with { TcbDateFloor = v } }, DefaultRoot),
        PolicyKeys.OptionalNumber(
            "minimumTcbEvaluationDataNumber", int.MaxValue, "Lowest tcbEvaluationDataNumber that collateral may carry.",
            p => (ulong?)p.Evidence.MinimumTcbEvaluationDataNumber,
            (p, v) => p with { Evidence = p.Evidence with { MinimumTcbEvaluationDataNumber = (int?)v } }, DefaultRoot),
        PolicyKeys.Flag(
            "rejectMixedEvaluationNumbers", "Refuses TCB info and QE identity with different evaluation numbers.",
            p => p.Evidence.RejectMixedEvaluationNumbers,
            (p, v) => p with { Evidence = p.Evidence with { RejectMixedEvaluationNumbers = v } }, DefaultRoot),
        PolicyKeys.TextList(
            "deniedAdvisories", "list of advisory ids such as INTEL-SA-00615", "Advisories that refuse even under an accepted status.",
            PolicyKeys.ReadFreeText, p => p.Evidence.DeniedAdvisories,
            (p, v) => p with { Evidence = p.Evidence with { DeniedAdvisories = v ?? [] } }, DefaultRoot),
        PolicyKeys.TextList(
            "allowedAdvisories", "list of advisory ids", "If given, every other advisory refuses; an empty list allows none.",
            PolicyKeys.ReadFreeText, p => p.Evidence.AllowedAdvisories,
            (p, v) => p with { Evidence = p.Evidence with { AllowedAdvisories = v } }, DefaultRoot, nullable: true),
        PolicyKeys.Flag(
            "acceptUnknownRevocation", "Accepts SEV-SNP chains without AMD's revocation list.",
            p => p.Evidence.AcceptUnknownRevocation,
            (p, v) => p with { Evidence = p.Evidence with { AcceptUnknownRevocation = v } }, DefaultRoot),
        PolicyKeys.Flag(
            "acceptReservedBits", "Accepts reserved or unknown flag bits that are set.",
            p => p.Evidence.AcceptReservedBits, (p, v) => p with { Evidence = p.Evidence with { AcceptReservedBits = v } }, DefaultRoot),
        PolicyKeys.Flag(
            "acceptAnyIdentity", "Accepts any measurement and signer: whatever runs on genuine hardware gets the resources.",
            p => p.Evidence.AcceptAnyIdentity, (p, v) => p with { Evidence = p.Evidence with { AcceptAnyIdentity = v } }, DefaultRoot),
        PolicyKeys.Hex(
            "reportData", 64, "Exact report data. For 'casemate verify'; the broker names its own.",
            p => p.Evidence.ReportData, (p, v) => p with { Evidence = p.Evidence with { ReportData = v } }, DefaultRoot),
        PolicyKeys.Flag(
            "acceptUnboundEvidence",
            "Does not compare report data, so that a replayed copy passes. For 'casemate verify'; the broker refuses it.",
            p => p.Evidence.AcceptUnboundEvidence,
            (p, v) => p with { Evidence = p.Evidence with { AcceptUnboundEvidence = v } }, DefaultRoot),
        PolicyKeys.Section<AppraisalPolicy, Attestation.Policy.SnpPolicy>(
            "snp", SnpPolicyKeys.Section, p => p.Evidence.Snp, (p, v) => p with { Evidence = p.Evidence with { Snp = v } }),
        PolicyKeys.Section<AppraisalPolicy, Attestation.Policy.TdxPolicy>(
            "tdx", TdxPolicyKeys.Section, p => p.Evidence.Tdx, (p, v) => p with { Evidence = p.Evidence with { Tdx = v } }),
        PolicyKeys.Section<AppraisalPolicy, Attestation.Policy.VtpmPolicy>(
            "vtpm", VtpmPolicyKeys.Section, p => p.Evidence.Vtpm, (p, v) => p with { Evidence = p.Evidence with { Vtpm = v } }),
        PolicyKeys.Section<AppraisalPolicy, Attestation.Policy.SgxPolicy>(
            "sgx", SgxPolicyKeys.Section, p => p.Evidence.Sgx, (p, v) => p with { Evidence = p.Evidence with { Sgx = v } }),
    ]);

    private static string ReadName(PolicyNode node)
    {
        var text = node.Text ?? throw node.Error($"expected a name, found {node.Describe()}");
        return text.Length is >= 1 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? text
            : throw node.Error($"expected 1 to 64 letters, digits, '-', '_' and '.', found {node.Describe()}");
    }

    private static string ReadTee(PolicyNode node)
    {
        var text = node.AsText("the name of a TEE");
        if (KbsTee.Verified.Contains(text))
        {
            return text;
        }

        var verified = $"{string.Join(", ", KbsTee.Verified[..^1])} or {KbsTee.Verified[^1]}";
        throw node.Error(
            text is KbsTee.Sample
            ? "sample evidence proves nothing; a policy cannot accept it, only the broker's own setting AcceptSampleEvidence can"
            : KbsTee.Known.Contains(text)
            ? $"evidence of '{text}' is not verified by this version; write {verified}"
            : $"expected {verified}, found {node.Describe()}");
    }

    private static ResourcePattern ReadPattern(PolicyNode node) =>
        ResourcePattern.TryParse(node.AsText("REPOSITORY/TYPE/TAG"), out var pattern)
            ? pattern
            : throw node.Error(
                $"expected REPOSITORY/TYPE/TAG with '*' for any one segment, such as 'default/*/*'; found {node.Describe()}");
}
