using System.Collections.Immutable;
using Casemate.Measurement.Firmware;

namespace Casemate.Measurement.Tdx;

/// <summary>
/// A way from the firmware to Linux whose measurements into RTMR1 and RTMR2 can be foretold from files. RTMR0 holds the machine's own
/// configuration (memory, ACPI tables, variables) and is not foretold; RTMR3 is for programs after the boot.
/// </summary>
public abstract record BootChain
{
    private protected BootChain()
    {
    }

    /// <summary>
    /// Whether the firmware measures the separator that ends its own phase into RTMR1. Firmware since 2024 does, as the specification has
    /// it;
    /// older ones measured it into RTMR0. Default: true.
    /// </summary>
    public bool HasSeparator { get; init; } = true;

    /// <summary>The registers whose value <see cref="Predict"/> foretells completely.</summary>
    public abstract ImmutableArray<int> Registers { get; }

    /// <summary>Foretells the events of this chain in the order of the boot.</summary>
    /// <exception cref="TdxMeasurementException">A file is not what the chain needs; the message names it.</exception>
    public abstract ImmutableArray<BootEvent> Predict();

    private protected static PeImage ReadImage(string what, ReadOnlyMemory<byte> file) =>
        PeImage.TryRead(file, out var image, out var error) ? image : throw new TdxMeasurementException($"{what}: {error}");

    private protected IEnumerable<BootEvent> Separator() => HasSeparator ? [BootEvent.Separator(1)] : [];

    private protected static IEnumerable<BootEvent> PartitionTable(ReadOnlyMemory<byte>? disk)
    {
        if (disk is not { } prefix)
        {
            return [];
        }

        return PartitionTableEvent.TryRead(prefix.Span, out var data, out var error)
            ? [BootEvent.PartitionTable(data)]
            : throw new TdxMeasurementException($"the boot disk: {error}");
    }

    private protected static string RequireAscii(string commandLine)
    {
        foreach (var c in commandLine)
        {
            if (c is < ' ' or > '~')
            {
                throw new TdxMeasurementException(
                    $"the command line has the character U+{(int)c:X4}: only printable ASCII is measured alike by all loaders");
            }
        }

        return commandLine;
    }
}
