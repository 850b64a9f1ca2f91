using System.Collections.Immutable;
using System.Text;
using Casemate.Measurement.Firmware;

namespace Casemate.Measurement.Tdx;

/// <summary>
/// The firmware starts a unified kernel image (UKI), perhaps through a boot loader that measures nothing itself, such as systemd-boot; the
/// stub in it starts the kernel. Source: systemd-stub(7), and UEFI 2.10 section 38 for guests without a TPM.
/// </summary>
/// <remarks>
/// Holds for a stub that adds nothing of its own to the initial RAM disk: no credentials, extensions, add-ons or PCR signatures beside the
/// image, and a command line from the image. Images with several profiles are refused.
/// </remarks>
public sealed record UnifiedKernelBoot : BootChain
{
    // The order in which the stub measures; .pcrsig is left out, since it signs what is measured.
    private static readonly string[] s_measured =
    [
        ".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb", ".uname", ".sbat", ".pcrpkey",
    ];

    private static readonly string[] s_notForetold = [".profile", ".dtbauto", ".hwids", ".efifw", ".pcrsig"];

    /// <summary>The unified kernel image.</summary>
    public required ReadOnlyMemory<byte> Image { get; init; }

    /// <summary>The boot loader that starts it; empty when the firmware does.</summary>
    public ReadOnlyMemory<byte> BootLoader { get; init; }

    /// <summary>
    /// The beginning of the boot disk (<see cref="PartitionTableEvent.DiskPrefix"/>); null when it is not booted from a disk.
    /// </summary>
    public ReadOnlyMemory<byte>? Disk { get; init; }

    /// <summary>
    /// Whether the stub measures the sections of the image into RTMR2: stubs since version 252 do, in a guest without a virtual TPM.
    /// Default:
    /// true.
    /// </summary>
    public bool StubMeasuresSections { get; init; } = true;

    /// <summary>Whether the stub has the firmware load the kernel, which then measures it into RTMR1. Default: true.</summary>
    public bool FirmwareLoadsKernel { get; init; } = true;

    /// <inheritdoc/>
    public override ImmutableArray<int> Registers => [1, 2];

    /// <inheritdoc/>
    public override ImmutableArray<BootEvent> Predict()
    {
        var image = ReadImage("the unified kernel image", Image);
        var twice = image.Sections.GroupBy(s => s.Name).FirstOrDefault(g => g.Count() > 1 && (s_measured.Contains(g.Key)));
        if (twice is not null)
        {
            throw new TdxMeasurementException($"the unified kernel image has {twice.Count()} sections {twice.Key}: which counts is not known");
        }

        if (image.Sections.FirstOrDefault(s => s_notForetold.Contains(s.Name)) is { } strange)
        {
            throw new TdxMeasurementException(
                $"the unified kernel image has a section {strange.Name}: what the stub makes of it is not foretold",
                "Build the image without it, or take the digests from the event log of a machine that you trust.");
        }

        var kernel = image.Find(".linux") ?? throw new TdxMeasurementException("the unified kernel image has no section .linux");
        var initrd = image.Find(".initrd")?.Content ?? ReadOnlyMemory<byte>.Empty;
        if (image.Find(".ucode") is not null && !initrd.IsEmpty)
        {
            throw new TdxMeasurementException("the unified kernel image has a section .ucode: how the stub joins it to .initrd is not foretold");
        }

        return
        [
            BootEvent.CallingApplication,
            .. Separator(),
            .. PartitionTable(Disk),
            .. BootLoader.IsEmpty
                ? (BootEvent[])[] : [BootEvent.Application("boot loader", ReadImage("the boot loader", BootLoader))],
            BootEvent.Application("unified kernel image", image),
            .. Sections(image),
            .. FirmwareLoadsKernel ? (BootEvent[])[BootEvent.Application("kernel", ReadImage("section .linux", kernel.Content))] : [],
            BootEvent.LoadOptions(CommandLineOf(image)),
            .. initrd.IsEmpty ? (BootEvent[])[] : [BootEvent.InitialRamDisk(initrd.Span)],
            .. BootEvent.ExitBootServices,
        ];
    }

    private IEnumerable<BootEvent> Sections(PeImage image)
    {
        foreach (var name in StubMeasuresSections ? s_measured : [])
        {
            if (image.Find(name) is { } section)
            {
                yield return BootEvent.Of(2, $"name of section {name}", Encoding.ASCII.GetBytes(name + '\0'));
                yield return new BootEvent(2, $"section {name}", section.HashMemory());
            }
        }
    }

    // The stub makes spaces of control characters and takes away those around the text.
    private static string CommandLineOf(PeImage image)
    {
        if (image.Find(".cmdline") is not { } section)
        {
            throw new TdxMeasurementException("the unified kernel image has no section .cmdline: its command line comes from elsewhere");
        }

        var text = new StringBuilder();
        foreach (var c in section.Content.Span.TrimEnd((byte)0))
        {
            text.Append(c < ' ' ? ' ' : (char)c);
        }

        return RequireAscii(text.ToString().Trim(' '));
    }
}
