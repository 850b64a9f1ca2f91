using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Policy;
using Casemate.Broker;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>What <c>casemate verify</c> asks of the evidence: a policy file, or the evidence alone; and the report data.</summary>
internal sealed class PolicyChoice
{
    private readonly AppraisalPolicy? _policy;

    private PolicyChoice(AppraisalPolicy? policy, EvidencePolicy evidence, string description) =>
        (_policy, Evidence, Description) = (policy, evidence, description);

    /// <summary>The policy's name; null when none was given.</summary>
    public string? Name => _policy?.Name;

    /// <summary>For people: which policy, or that there is none.</summary>
    public string Description { get; }

    /// <summary>What the verifier is given.</summary>
    public EvidencePolicy Evidence { get; }

    /// <summary>Reads the policy file, if one is named.</summary>
    /// <param name="path">The file; null: only the evidence itself is judged.</param>
    /// <param name="reportData">The 64 bytes that the evidence must carry; null: as the policy says.</param>
    /// <exception cref="MalformedInputException">The file is unreadable or no policy.</exception>
    public static PolicyChoice Read(string? path, byte[]? reportData)
    {
        var policy = path is null ? null : Load(path);
        var evidence = policy?.Evidence ?? EvidencePolicy.EvidenceOnly;
        if (reportData is not null)
        {
            evidence = evidence with { ReportData = reportData, AcceptUnboundEvidence = false };
        }

        return new PolicyChoice(
            policy, evidence,
            policy is null
                ? "none given: asked only whether the evidence is genuine, current and not debuggable"
                : $"{policy.Name} ({path})");
    }

    /// <summary>Adds what the policy says beside the evidence rules: which kinds of hardware it accepts.</summary>
    public Verdict Judge(Verdict verdict)
    {
        if (_policy is null)
        {
            return verdict;
        }

        var tee = KbsTee.NameOf(verdict.Tee);
        var outcome = _policy.AcceptedTees.Contains(tee) ? CheckOutcome.Passed : CheckOutcome.Failed;
        var check = new Check(CheckId.AcceptedTee, outcome, string.Join(" or ", _policy.AcceptedTees), tee);
        return verdict with { Checks = verdict.Checks.Add(check) };
    }

    private static AppraisalPolicy Load(string path)
    {
        try
        {
            return AppraisalPolicy.Load(path);
        }
        catch (AppraisalPolicyException exception)
        {
            throw new MalformedInputException(path, exception.Message, "The keys of a policy are listed in docs/policy.md.", exception);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MalformedInputException(path, "no such file", cause: exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MalformedInputException(path, $"cannot be read: {exception.Message}", cause: exception);
        }
    }
}
