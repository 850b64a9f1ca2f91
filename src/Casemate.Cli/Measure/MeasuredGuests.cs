using System.Globalization;
using System.Text.Json;
using Casemate.Measurement.Snp;

namespace Casemate.Cli.Measure;

/// <summary>Reads the conditions of a matrix from options, and names them in results.</summary>
internal static class MeasuredGuests
{
    /// <summary>Numbers and ranges: <c>4</c>, <c>1-64</c>, <c>1,2,4,8-16</c>; each number once, in order.</summary>
    /// <exception cref="CliException">Not such a list.</exception>
    public static IReadOnlyList<int> Vcpus(IEnumerable<string> texts)
    {
        var counts = new SortedSet<int>();
        foreach (var part in texts.SelectMany(text => text.Split(',')))
        {
            var bounds = part.Split('-');
            if (bounds.Length > 2 || Number(bounds[0]) is not { } from || Number(bounds[^1]) is not { } to || from > to)
            {
                throw CliException.Usage(
                    $"--vcpus '{part}' is no number or range from 1 to {SnpMeasurement.MaxVcpus}", "Write it as 4, 1-64 or 1,2,4,8-16.");
            }

            counts.UnionWith(Enumerable.Range(from, to - from + 1));
        }

        return [.. counts];
    }

    /// <summary>Models of vCPUs, separated by commas.</summary>
    /// <exception cref="CliException">One is not known.</exception>
    public static IReadOnlyList<SnpVcpuType> VcpuTypes(IEnumerable<string> texts) =>
        [.. texts.SelectMany(text => text.Split(',')).Select(text => SnpVcpuType.TryRead(text, out var type) ? type! : throw CliException.Usage(
            $"--vcpu-type '{text}' is not known",
            $"Use a name of QEMU ({string.Join(", ", SnpVcpuType.Known.Select(known => known.Name).Where(name => !name.Contains("-v", StringComparison.Ordinal)))}, "
            + "each also with -v1 and so on), FAMILY/MODEL/STEPPING such as 25/1/1, or CPUID's signature such as 0xa00f11.")).Distinct()];

    /// <summary>VMMs, separated by commas.</summary>
    /// <exception cref="CliException">One is not known.</exception>
    public static IReadOnlyList<SnpVmm> Vmms(IEnumerable<string> texts) =>
        [.. texts.SelectMany(text => text.Split(',')).Select(text => Enum.GetValues<SnpVmm>().Where(vmm => Name(vmm) == text).ToList() is [var vmm]
            ? vmm : throw CliException.Usage($"--vmm '{text}' is not known", $"Use {string.Join(", ", Enum.GetValues<SnpVmm>().Select(Name))}.")).Distinct()];

    /// <summary>Values of SEV_FEATURES, separated by commas.</summary>
    /// <exception cref="CliException">One is no number.</exception>
    public static IReadOnlyList<ulong> Features(IEnumerable<string> texts) =>
        [.. texts.SelectMany(text => text.Split(',')).Select(text => Long("--features", text)).Distinct()];

    /// <summary>A number, decimal or with <c>0x</c>.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public static ulong Long(string option, string text)
    {
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return ulong.TryParse(
            isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : throw CliException.Usage($"{option} '{text}' is no number", $"Write it as 1 or 0x1: {option} 0x1.");
    }

    /// <summary>How options and results name a VMM.</summary>
    public static string Name(SnpVmm vmm) => vmm switch
    {
        SnpVmm.Qemu => "qemu",
        SnpVmm.Ec2 => "ec2",
        SnpVmm.Ec2ZeroRdx => "ec2-zero-rdx",
        SnpVmm.Gce => "gce",
        _ => throw new ArgumentOutOfRangeException(nameof(vmm)),
    };

    /// <summary>One line for people: the digest last, so that the columns line up.</summary>
    public static string Line(SnpReference row) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name(row.Vmm),-12}  {row.VcpuType?.Name ?? "any",-14}  0x{row.Features,-6:x}  {row.Vcpus,5}  {Convert.ToHexStringLower(row.Measurement.Span)}");

    /// <summary>The members of a row.</summary>
    public static void Write(Utf8JsonWriter json, SnpReference row)
    {
        json.WriteString("vmm", Name(row.Vmm));
        json.WriteString("vcpuType", row.VcpuType?.Name);
        json.WriteString("features", $"0x{row.Features:x}");
        json.WriteNumber("vcpus", row.Vcpus);
        json.WriteString("measurement", Convert.ToHexStringLower(row.Measurement.Span));
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= SnpMeasurement.MaxVcpus
            ? number : null;
}
