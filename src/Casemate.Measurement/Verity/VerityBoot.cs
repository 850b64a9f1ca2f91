using System.Globalization;
using System.Text;

namespace Casemate.Measurement.Verity;

/// <summary>The root file system that a kernel command line protects with dm-verity.</summary>
/// <param name="Form">How the command line says it.</param>
/// <param name="RootHash">The root hash: 32, 48 or 64 bytes.</param>
public sealed record VerityBoot(VerityBootForm Form, ReadOnlyMemory<byte> RootHash)
{
    private const int SectorBytes = 512;

    /// <summary>The device with the data; null where the command line does not say. Required for <see cref="VerityBootForm.DeviceMapper"/>.</summary>
    public string? DataDevice { get; init; }

    /// <summary>The device with the tree; null where the command line does not say. Required for <see cref="VerityBootForm.DeviceMapper"/>.</summary>
    public string? HashDevice { get; init; }

    /// <summary>The parameters of the tree, with the number of blocks; null where the command line leaves them to the superblock.</summary>
    public VerityOptions? Options { get; init; }

    /// <summary>Where the tree begins on its device, in blocks of hashes. Default: 0.</summary>
    public long HashStartBlock { get; init; }

    /// <summary>The name of the mapped device. Default: <c>dm-verity</c>.</summary>
    public string DeviceName { get; init; } = "dm-verity";

    /// <summary>The root hash as lower-case hexadecimal digits.</summary>
    public string Hex => Convert.ToHexStringLower(RootHash.Span);

    /// <summary>Writes the part of a command line that says all this.</summary>
    /// <exception cref="InvalidOperationException">The form needs devices or parameters that are not there, or a name has a character that it cannot hold.</exception>
    public string ToCommandLine()
    {
        RequirePlain(DataDevice, HashDevice, DeviceName);
        var text = new StringBuilder();
        switch (Form)
        {
            case VerityBootForm.RootfsVerity:
                return $"rootfs_verity.scheme=dm-verity rootfs_verity.hash={Hex}";
            case VerityBootForm.Systemd:
                text.Append(CultureInfo.InvariantCulture, $"roothash={Hex}");
                text.Append(DataDevice is null ? "" : $" systemd.verity_root_data={DataDevice}");
                text.Append(HashDevice is null ? "" : $" systemd.verity_root_hash={HashDevice}");
                return text.ToString();
            default:
                return WriteTable(text);
        }
    }

    private string WriteTable(StringBuilder text)
    {
        if (DataDevice is null || HashDevice is null || Options is not { DataBlocks: { } blocks } options)
        {
            throw new InvalidOperationException("A device-mapper table needs both devices, and the parameters with the number of blocks.");
        }

        var salt = options.Salt.IsEmpty ? "-" : Convert.ToHexStringLower(options.Salt.Span);
        text.Append(CultureInfo.InvariantCulture, $"dm-mod.create=\"{DeviceName},,,ro,0 {blocks * (options.DataBlockSize / SectorBytes)} verity ");
        text.Append(CultureInfo.InvariantCulture, $"{options.HashType} {DataDevice} {HashDevice} {options.DataBlockSize} {options.HashBlockSize} ");
        text.Append(CultureInfo.InvariantCulture, $"{blocks} {HashStartBlock} {VeritySuperblock.NameOf(options.Algorithm)} {Hex} {salt}\"");
        return text.ToString();
    }

    private static void RequirePlain(params ReadOnlySpan<string?> names)
    {
        foreach (var name in names)
        {
            if (name is not null && (name.Length == 0 || name.AsSpan().IndexOfAny(" \t\",;") >= 0 || name.Any(char.IsControl)))
            {
                throw new InvalidOperationException("A device's name is empty, or has a space, a quote, a comma, a semicolon or a control character.");
            }
        }
    }
}
