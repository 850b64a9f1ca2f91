using Casemate.Cli.Output;
using Casemate.Measurement.Tdx;

namespace Casemate.Cli.Measure;

/// <summary>Finds the inputs that give the measurements of a TD.</summary>
internal static class TdComparison
{
    private const ulong GiB = 1UL << 30;

    /// <summary>Compares MRTD and the registers that the boot chain foretells.</summary>
    public static IReadOnlyList<ComparedValue> Compare(
        ReadOnlySpan<byte> mrtd, byte[][] rtmrs, Tdvf firmware, BootChain? chain, string path)
    {
        var reported = mrtd.ToArray();
        var candidates = MeasureTdxCommand.Compute(firmware, default, null, path);
        var names = candidates.Where(c => c.Mrtd.AsSpan().SequenceEqual(reported)).Select(c => MrtdProfileName.NamesOf(c.Profile)).ToArray();
        var findings = new List<ComparedValue>
        {
            names.Length > 0
                ? new("MRTD", reported, true, $"the firmware, started as by {string.Join(" or ", names)}")
                : new("MRTD", reported, false, "another firmware, or a VMM that adds its pages in none of the known orders"),
        };
        if (chain is null)
        {
            return findings;
        }

        var variants = Variants(chain).Select(v => (v.What, Events: Predict(v.Chain))).Where(v => v.Events is not null).ToArray();
        foreach (var register in chain.Registers)
        {
            var match = variants.FirstOrDefault(v => Rtmr.ValueOf(register, v.Events!).AsSpan().SequenceEqual(rtmrs[register]));
            findings.Add(match.Events is not null
                ? new ComparedValue($"RTMR{register}", rtmrs[register], true, match.What)
                : new ComparedValue(
                    $"RTMR{register}", rtmrs[register], false,
                    $"not the files that were named, in any of {Plural.Of(variants.Length, "way")} that were tried; "
                    + "'casemate measure rtmr --event-log FILE' names the event"));
        }

        return findings;
    }

    private static IReadOnlyList<BootEvent>? Predict(BootChain chain)
    {
        try
        {
            return chain.Predict();
        }
        catch (TdxMeasurementException)
        {
            // A variant that makes no sense, such as a kernel whose header cannot be written; the first one is asked for itself.
            return null;
        }
    }

    private static IEnumerable<(string What, BootChain Chain)> Variants(BootChain chain)
    {
        _ = MeasureRtmrCommand.Predict(chain);
        var other = chain.HasSeparator ? ", without a separator in RTMR1" : ", with a separator in RTMR1";
        foreach (var (separator, where) in new[] { (chain.HasSeparator, ""), (!chain.HasSeparator, other) })
        {
            yield return ($"as named{where}", chain with { HasSeparator = separator });
            switch (chain)
            {
                case DirectBoot direct:
                    yield return ($"without the initial RAM disk{where}", direct with { InitialRamDisk = default, HasSeparator = separator });
                    foreach (var (memory, size) in new[] { (GiB / 2, "512 MiB"), (GiB, "1 GiB"), (2 * GiB, "2 GiB, or at least 2816 MiB") })
                    {
                        yield return (
                            $"with the setup header that QEMU writes for {size}{where}",
                            direct with { PatchedForMemory = memory, HasSeparator = separator });
                    }

                    break;
                case UnifiedKernelBoot unified:
                    yield return (
                        $"with a stub that measures nothing{where}", unified with { StubMeasuresSections = false, HasSeparator = separator });
                    yield return ($"with a stub that loads the kernel{where}", unified with { FirmwareLoadsKernel = false, HasSeparator = separator });
                    break;
                default:
                    break;
            }
        }
    }
}
