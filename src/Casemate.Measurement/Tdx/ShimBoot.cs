using System.Collections.Immutable;

namespace Casemate.Measurement.Tdx;

/// <summary>
/// The firmware starts shim, shim starts GRUB, GRUB a kernel. RTMR1 is foretold; RTMR2 is not: GRUB measures every command of its
/// configuration and every file it reads, in an order that only running it shows.
/// </summary>
public sealed record ShimBoot : BootChain
{
    /// <summary>The beginning of the boot disk.</summary>
    public required ReadOnlyMemory<byte>? Disk { get; init; }

    /// <summary>The programs that the firmware measures in order: shim, GRUB, and the kernel where GRUB has the firmware load it.</summary>
    public required ImmutableArray<(string What, ReadOnlyMemory<byte> File)> Programs { get; init; }

    /// <inheritdoc/>
    public override ImmutableArray<int> Registers => [1];

    /// <inheritdoc/>
    public override ImmutableArray<BootEvent> Predict() =>
    [
        BootEvent.CallingApplication,
        .. Separator(),
        .. PartitionTable(Disk),
        .. Programs.Select(p => BootEvent.Application(p.What, ReadImage(p.What, p.File))),
        .. BootEvent.ExitBootServices,
    ];
}
