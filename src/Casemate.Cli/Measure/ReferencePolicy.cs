using System.Globalization;
using System.Text;
using Casemate.Broker;
using Casemate.Measurement.Snp;

namespace Casemate.Cli.Measure;

/// <summary>An appraisal policy that accepts the guests of a matrix and no other. Described in <c>docs/measurement.md</c>.</summary>
internal static class ReferencePolicy
{
    /// <summary>Writes the policy.</summary>
    /// <param name="rows">The guests.</param>
    /// <param name="idKeyDigest">The digest of the ID key that must have signed them; null when there is none.</param>
    /// <exception cref="CliException">There are more digests than a policy may have.</exception>
    public static string Write(IReadOnlyList<SnpReference> rows, byte[]? idKeyDigest)
    {
        var text = new StringBuilder();
        text.Append("version: 1\nname: measured-guests\ntees: [snp]\nsnp:\n  measurements:\n");
        foreach (var group in rows.GroupBy(row => Convert.ToHexStringLower(row.Measurement.Span)))
        {
            text.Append(CultureInfo.InvariantCulture, $"    - {group.Key} # {Describe(group.First())}\n");
        }

        if (idKeyDigest is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"  idKeyDigests:\n    - {Convert.ToHexStringLower(idKeyDigest)}\n");
        }

        try
        {
            _ = AppraisalPolicy.Parse(text.ToString());
        }
        catch (AppraisalPolicyException failure)
        {
            throw new CliException(
                ExitCode.Usage, $"--policy-out: {rows.Count} measurements are more than one policy holds: {failure.Message}",
                "Name fewer numbers of vCPUs, models or VMMs, or write several policies.", failure);
        }

        return text.ToString();
    }

    private static string Describe(SnpReference row) => string.Create(
        CultureInfo.InvariantCulture,
        $"{MeasuredGuests.Name(row.Vmm)} {row.VcpuType?.Name ?? "any model"} x {row.Vcpus}, features 0x{row.Features:x}");
}
