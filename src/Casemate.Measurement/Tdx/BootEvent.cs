using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Casemate.Measurement.Firmware;

namespace Casemate.Measurement.Tdx;

/// <summary>
/// One extension of a register that a boot will make. Digests as in TCG PC Client Platform Firmware Profile 1.06, section 10.4; registers
/// as in UEFI 2.10 section 38.4.1 (PCR 1 and 7 are RTMR0, 2 to 6 RTMR1, 8 to 15 RTMR2).
/// </summary>
/// <param name="Rtmr">The register, 0 to 3.</param>
/// <param name="What">What is measured, for people.</param>
/// <param name="Digest">What extends the register, 48 bytes.</param>
public sealed record BootEvent(int Rtmr, string What, ReadOnlyMemory<byte> Digest)
{
    private const string Calling = "Calling EFI Application from Boot Option";
    private const string Leaving = "Exit Boot Services Invocation";
    private const string Left = "Exit Boot Services Returned with Success";

    /// <summary>EV_SEPARATOR without an error: four zero bytes.</summary>
    /// <param name="rtmr">The register.</param>
    public static BootEvent Separator(int rtmr) => Of(rtmr, "separator", [0, 0, 0, 0]);

    /// <summary>EV_EFI_ACTION: the firmware starts a boot option.</summary>
    public static BootEvent CallingApplication { get; } = Action(Calling);

    /// <summary>EV_EFI_ACTION, twice: boot services end.</summary>
    public static IReadOnlyList<BootEvent> ExitBootServices { get; } = [Action(Leaving), Action(Left)];

    /// <summary>EV_EFI_VARIABLE_DRIVER_CONFIG: the whole UEFI_VARIABLE_DATA.</summary>
    /// <param name="vendor">The variable's owner.</param>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value; empty when it is not set.</param>
    public static BootEvent Variable(Guid vendor, string name, ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(name);
        var nameBytes = Encoding.Unicode.GetBytes(name);
        var data = new byte[32 + nameBytes.Length + value.Length];
        vendor.TryWriteBytes(data);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16), (ulong)name.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(24), (ulong)value.Length);
        nameBytes.CopyTo(data, 32);
        value.CopyTo(data.AsSpan(32 + nameBytes.Length));
        return Of(0, $"variable {name}", data);
    }

    /// <summary>EV_EFI_BOOT_SERVICES_APPLICATION: the Authenticode digest of an EFI program.</summary>
    /// <param name="what">Which program.</param>
    /// <param name="image">The program.</param>
    public static BootEvent Application(string what, PeImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new BootEvent(1, what, image.HashAuthenticode(HashAlgorithmName.SHA384));
    }

    /// <summary>EV_EFI_GPT_EVENT: the partition table of the boot disk.</summary>
    /// <param name="data">As <see cref="PartitionTableEvent"/> makes them.</param>
    public static BootEvent PartitionTable(ReadOnlySpan<byte> data) => Of(1, "partition table", data);

    /// <summary>EV_EVENT_TAG of the kernel's EFI stub: its command line, as UTF-16 with a final zero.</summary>
    /// <param name="commandLine">The command line as the stub gets it.</param>
    public static BootEvent LoadOptions(string commandLine) => Of(2, "command line", Encoding.Unicode.GetBytes(commandLine + '\0'));

    /// <summary>EV_EVENT_TAG of the kernel's EFI stub: the initial RAM disk.</summary>
    /// <param name="content">The RAM disk as the stub gets it.</param>
    public static BootEvent InitialRamDisk(ReadOnlySpan<byte> content) => Of(2, "initial RAM disk", content);

    /// <summary>An event whose digest is that of its data.</summary>
    /// <param name="rtmr">The register, 0 to 3.</param>
    /// <param name="what">What is measured.</param>
    /// <param name="data">The data.</param>
    public static BootEvent Of(int rtmr, string what, ReadOnlySpan<byte> data) => new(rtmr, what, SHA384.HashData(data));

    private static BootEvent Action(string text) => Of(1, text, Encoding.ASCII.GetBytes(text));
}
