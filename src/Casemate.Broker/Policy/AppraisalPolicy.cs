using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Policy;
using Casemate.Primitives.Text;

namespace Casemate.Broker;

/// <summary>
/// What a broker accepts and what it hands out for it: a typed YAML file, described key by key in <c>docs/appraisal-policy.md</c>. Every
/// default denies: a policy that names no identity accepts nothing.
/// </summary>
public sealed record AppraisalPolicy
{
    /// <summary>The largest policy file, in bytes.</summary>
    public const int MaxFileSize = PolicyYaml.MaxBytes;

    /// <summary>The policy with every default. It accepts no evidence.</summary>
    public static AppraisalPolicy Default { get; } = new();

    /// <summary>Every key of the file, in order.</summary>
    public static ImmutableArray<AppraisalPolicyKey> Keys => [.. PolicySchema.Root.Describe("")];

    /// <summary>Stands in tokens and audit records: 1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</summary>
    public string Name { get; init; } = "default";

    /// <summary>
    /// Kinds of evidence that are accepted: of <see cref="KbsTee.Verified"/>, never <see cref="KbsTee.Sample"/>. Default: hardware without
    /// a virtual TPM.
    /// </summary>
    public ImmutableArray<string> AcceptedTees { get; init; } = [KbsTee.Snp, KbsTee.Tdx, KbsTee.Sgx];

    /// <summary>Resources that an accepted workload may read. Default: all.</summary>
    public ImmutableArray<ResourcePattern> Resources { get; init; } = [ResourcePattern.All];

    /// <summary>What the evidence must say.</summary>
    public EvidencePolicy Evidence { get; init; } = EvidencePolicy.Default;

    /// <summary>Reads a policy file.</summary>
    /// <param name="yaml">The whole text, at most <see cref="MaxFileSize"/> bytes of UTF-8.</param>
    /// <exception cref="AppraisalPolicyException">It is no policy; the message names line, column, key and what to write.</exception>
    public static AppraisalPolicy Parse(string yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        return PolicySchema.Root.Read(PolicyYaml.Parse(yaml));
    }

    /// <summary>Reads a policy file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="AppraisalPolicyException">It is no policy.</exception>
    public static AppraisalPolicy Load(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[MaxFileSize + 1];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > MaxFileSize)
        {
            throw new AppraisalPolicyException(1, 1, $"a policy file has at most {MaxFileSize / 1024} KiB");
        }

        try
        {
            return Parse(StrictUtf8.GetString(bytes.AsSpan(0, length)));
        }
        catch (DecoderFallbackException)
        {
            throw new AppraisalPolicyException(1, 1, "the file is not UTF-8 text");
        }
    }

    /// <summary>Writes the policy so that <see cref="Parse"/> gives an equal one: what differs from the defaults, in fixed order.</summary>
    public string ToYaml() => $"version: 1\n{PolicySchema.Root.Write(this)}";

    /// <summary>SHA-256 of <see cref="ToYaml"/>, lower-case hex: the same for files that differ only in layout and comments.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToYaml())));

    /// <summary>What keeps a broker from working with this policy, and what to change; empty when nothing does.</summary>
    public IEnumerable<string> ProblemsForBroker()
    {
        if (Evidence.AcceptUnboundEvidence)
        {
            yield return "The policy sets acceptUnboundEvidence. A broker always compares report data with its handshake; remove the key.";
        }

        if (Evidence.ReportData is not null)
        {
            yield return "The policy sets reportData. A broker names the report data of each handshake itself; remove the key.";
        }
    }

    /// <summary>True when an accepted workload may read the resource.</summary>
    public bool Allows(ResourcePath path)
    {
        foreach (var pattern in Resources)
        {
            if (pattern.Matches(path))
            {
                return true;
            }
        }

        return false;
    }
}
