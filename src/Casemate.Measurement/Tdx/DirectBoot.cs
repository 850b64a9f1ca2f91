using System.Collections.Immutable;

namespace Casemate.Measurement.Tdx;

/// <summary>
/// The VMM hands kernel, initial RAM disk and command line to the firmware (QEMU's <c>-kernel</c>, as Kata Containers starts guests).
/// </summary>
public sealed record DirectBoot : BootChain
{
    /// <summary>The kernel: a bzImage with EFI stub.</summary>
    public required ReadOnlyMemory<byte> Kernel { get; init; }

    /// <summary>The initial RAM disk; empty when there is none.</summary>
    public ReadOnlyMemory<byte> InitialRamDisk { get; init; }

    /// <summary>The command line as the VMM is given it. The firmware adds <c>initrd=initrd</c> when there is a RAM disk.</summary>
    public required string CommandLine { get; init; }

    /// <summary>
    /// The guest's memory in bytes, when QEMU writes into the kernel's setup header before the firmware measures it, as it does for
    /// firmware
    /// before 2025.05; null: the kernel is measured as it is.
    /// </summary>
    public ulong? PatchedForMemory { get; init; }

    /// <inheritdoc/>
    public override ImmutableArray<int> Registers => [1, 2];

    /// <inheritdoc/>
    public override ImmutableArray<BootEvent> Predict()
    {
        var options = RequireAscii(CommandLine) + (InitialRamDisk.IsEmpty ? "" : " initrd=initrd");
        if (options.Length == 0)
        {
            throw new TdxMeasurementException("an empty command line without an initial RAM disk: what the kernel measures then differs");
        }

        var kernel = PatchedForMemory is { } memory ? QemuSetupHeader.Write(Kernel.Span, InitialRamDisk.Length, memory) : Kernel;
        return
        [
            BootEvent.Application("kernel", ReadImage("the kernel", kernel)),
            BootEvent.CallingApplication,
            .. Separator(),
            BootEvent.LoadOptions(options),
            .. InitialRamDisk.IsEmpty ? (BootEvent[])[] : [BootEvent.InitialRamDisk(InitialRamDisk.Span)],
            .. BootEvent.ExitBootServices,
        ];
    }
}
