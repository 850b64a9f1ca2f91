namespace Casemate.KataPolicy.Layers;

/// <summary>What an archive says about a file that goes into an ext4 image. Times as <see cref="Ext4Inode"/> has them.</summary>
internal sealed record Ext4File(ushort Mode, uint Owner, uint Group, long Size)
{
    public ulong Accessed { get; init; }

    public ulong Changed { get; init; }

    public ulong Modified { get; init; }

    public ulong Created { get; init; }

    public uint DeviceMajor { get; init; }

    public uint DeviceMinor { get; init; }

    public byte[] LinkTarget { get; init; } = [];

    public Dictionary<string, byte[]> Attributes { get; init; } = [];
}
