using System.Globalization;
using Casemate.Cli.Output;
using Casemate.Measurement.Snp;

namespace Casemate.Cli.Measure;

/// <summary>Finds the inputs that give the launch measurement of an SEV-SNP guest.</summary>
internal static class SnpComparison
{
    // SNP active, with each of the features that VMMs give guests, alone and together: reflected #VC, restricted and alternate injection,
    // debug virtualisation, prevention of host IBS, BTB isolation.
    private static readonly ulong[] s_features =
        [.. Enumerable.Range(0, 128).Select(i => ((ulong)i << 1) | 1).Where(f => (f & 0x2) == 0)];

    /// <summary>Tries every combination.</summary>
    /// <exception cref="CliException">The firmware is none for SEV-SNP.</exception>
    public static ComparedValue Compare(
        ReadOnlySpan<byte> measurement, string path, SnpBootFiles? boot, int maxVcpus, CancellationToken cancellationToken)
    {
        var reported = measurement.ToArray();
        var types = SnpVcpuType.Known.DistinctBy(type => type.Signature).ToArray();
        try
        {
            var firmware = OvmfImage.Parse(InputFile.Read("--firmware", path, OvmfImage.MaxBytes));
            var single = firmware.ResetEip is null;
            var vcpus = Enumerable.Range(1, single ? 1 : maxVcpus).ToArray();
            foreach (var (what, guest) in Guests(firmware, boot))
            {
                var computation = SnpMeasurement.Create(guest);
                foreach (var vmm in Enum.GetValues<SnpVmm>())
                {
                    // The usual first: nothing but SNP, so that a match names the plainest reason.
                    foreach (var features in s_features)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        var rows = computation.Compute(new SnpMatrix([vmm], types, [features], vcpus));
                        if (rows.FirstOrDefault(r => r.Measurement.Span.SequenceEqual(reported)) is { } row)
                        {
                            return new ComparedValue("MEASUREMENT", reported, true, Describe(what, row));
                        }
                    }
                }
            }
        }
        catch (SnpException failure)
        {
            throw CliException.BadInput($"--firmware: '{path}': {failure.Message}", SnpException.Remedy(failure.Error), failure);
        }

        return new ComparedValue(
            "MEASUREMENT", reported, false,
            string.Create(
                CultureInfo.InvariantCulture,
                $"no known VMM, model, feature and number of vCPUs up to {maxVcpus} gives it: another firmware, kernel, RAM disk or command line"));
    }

    private static string Describe(string what, SnpReference row) => string.Create(
        CultureInfo.InvariantCulture,
        $"{what}, {MeasuredGuests.Name(row.Vmm)}, {Plural.Of(row.Vcpus, "vCPU")}{(row.VcpuType is { } type ? $" as {type.Name}" : "")}, "
        + $"features 0x{row.Features:x}");

    // As named first; then with one part left out, so that a match names the part.
    private static IEnumerable<(string What, SnpGuest Guest)> Guests(OvmfImage firmware, SnpBootFiles? boot)
    {
        var bare = new SnpGuest(firmware);
        if (boot is not null && firmware.HashTableGpa is not null)
        {
            yield return ("firmware, kernel, RAM disk and command line as named", bare with { Kernel = boot.Hash(true, boot.CommandLine) });
            yield return ("without the initial RAM disk", bare with { Kernel = boot.Hash(false, boot.CommandLine) });
            yield return ("with an empty command line", bare with { Kernel = boot.Hash(true, "") });
            yield return ("with neither RAM disk nor command line", bare with { Kernel = boot.Hash(false, "") });
        }

        yield return (boot is null ? "the firmware as named" : "the firmware without kernel hashes: the VMM does not have the kernel measured", bare);
    }
}
