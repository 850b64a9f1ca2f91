namespace Casemate.KataPolicy.Layers;

/// <summary>Bits of a file's mode. Source: inode(7).</summary>
internal static class UnixMode
{
    public const ushort TypeMask = 0xF000;
    public const ushort Fifo = 0x1000;
    public const ushort CharacterDevice = 0x2000;
    public const ushort Directory = 0x4000;
    public const ushort BlockDevice = 0x6000;
    public const ushort Regular = 0x8000;
    public const ushort SymbolicLink = 0xA000;
}
