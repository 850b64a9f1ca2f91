using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Nvidia;
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

    /// <summary>What the verifier of GPUs is given.</summary>
    public required GpuPolicy Gpu { get; init; }

    /// <summary>Whose endorsements of guest images are trusted.</summary>
    public required GuestImagePolicy Images { get; init; }

    /// <summary>Reads the policy file, if one is named.</summary>
    /// <param name="path">The file; null: only the evidence itself is judged.</param>
    /// <param name="reportData">The 64 bytes that the evidence must carry; null: as the policy says.</param>
    /// <param name="gpu">What the command line asks of GPUs.</param>
    /// <param name="images">Whose endorsements the command line trusts.</param>
    /// <exception cref="MalformedInputException">The file is unreadable or no policy.</exception>
    public static PolicyChoice Read(string? path, byte[]? reportData, GpuPolicy gpu, GuestImagePolicy images)
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
                : $"{policy.Name} ({path})")
        {
            Gpu = ForGpu(gpu, evidence, policy is null),
            Images = images,
        };
    }

    /// <summary>The same, of one enclave alone.</summary>
    /// <param name="mrEnclave">Its MRENCLAVE, 32 bytes.</param>
    /// <returns>Null: the policy names the enclaves that it accepts, and this is none of them.</returns>
    public PolicyChoice? OfEnclave(byte[] mrEnclave)
    {
        var named = Evidence.Sgx.MrEnclaves;
        return !named.IsEmpty && !named.Any(other => other.AsSpan().SequenceEqual(mrEnclave)) ? null
            : new PolicyChoice(
                _policy, Evidence with { Sgx = Evidence.Sgx with { MrEnclaves = [mrEnclave] } },
                $"{Description}; and is of the enclave {Convert.ToHexStringLower(mrEnclave)}")
            {
                Gpu = Gpu,
                Images = Images,
            };
    }

    /// <summary>Adds what the policy says beside the evidence rules: which kinds of hardware it accepts.</summary>
    public Finding Judge(Finding finding)
    {
        if (finding is EndorsementFinding && Evidence.ReportData is { } wanted)
        {
            // Whoever asks for a nonce asks a machine. An endorsement is public, and answers nobody.
            finding = finding.With(new Check(
                CheckId.ReportData, CheckOutcome.Failed, Convert.ToHexStringLower(wanted), "none: an endorsement is no evidence of a machine"));
        }

        if (_policy is null)
        {
            return finding;
        }

        var name = NameOf(finding);
        var outcome = _policy.AcceptedTees.Contains(name) ? CheckOutcome.Passed : CheckOutcome.Failed;
        return finding.With(new Check(CheckId.AcceptedTee, outcome, string.Join(" or ", _policy.AcceptedTees), name));
    }

    // The name of a kind in the key broker protocol. Guests of Azure have names of their own: what speaks for them is a virtual TPM. GPUs
    // and endorsements, which come from no hardware, have names that no policy can list.
    private static string NameOf(Finding finding) => finding switch
    {
        HardwareFinding hardware => KbsTee.NameOf(hardware.Verdict.Tee, hardware.HasVtpm),
        GpuFinding => "nvidia",
        _ => finding.Format,
    };

    // Without a policy only the evidence itself is judged, as for processors. A GPU's nonce has 32 bytes: the first of the report data.
    private static GpuPolicy ForGpu(GpuPolicy asked, EvidencePolicy evidence, bool evidenceOnly) => asked with
    {
        Nonce = evidence.ReportData?[..GpuReport.NonceSize],
        AcceptUnboundEvidence = evidence.AcceptUnboundEvidence,
        AcceptUnknownRevocation = evidence.AcceptUnknownRevocation,
        AcceptAnyMeasurements = evidenceOnly && asked.Measurements.IsEmpty,
    };

    private static AppraisalPolicy Load(string path)
    {
        try
        {
            return AppraisalPolicy.Load(path);
        }
        catch (AppraisalPolicyException exception)
        {
            throw new MalformedInputException(path, exception.Message, "The keys of a policy are listed in the handbook's page 'appraisal-policy'.", exception);
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
