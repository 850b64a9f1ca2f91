using System.Runtime.InteropServices;

namespace Casemate.Node.Discovery;

/// <summary>
/// The device nodes of this machine, or of one whose <c>/dev</c> is mounted elsewhere. From statx(2), alike on every architecture.
/// </summary>
/// <param name="roots">Where it is mounted.</param>
public sealed partial class HostDeviceDirectory(NodeRoots roots) : IDeviceDirectory
{
    private const int StatxSize = 256;
    private const int AtWorkingDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint BasicStatistics = 0x7FF;
    private const int TypeMask = 0xF000;
    private const int PermissionMask = 0x0FFF;

    /// <inheritdoc/>
    public DeviceEntry? Look(string path)
    {
        var located = roots.Locate(path);
        Span<byte> status = stackalloc byte[StatxSize];
        status.Clear();
        if (Statx(AtWorkingDirectory, located, NoFollow, BasicStatistics, status) != 0)
        {
            return null;
        }

        // stx_gid, stx_mode, stx_rdev_major and stx_rdev_minor, in the byte order of the machine.
        var gid = MemoryMarshal.Read<uint>(status[24..]);
        var mode = MemoryMarshal.Read<ushort>(status[28..]);
        var major = MemoryMarshal.Read<uint>(status[128..]);
        var minor = MemoryMarshal.Read<uint>(status[132..]);
        var type = (mode & TypeMask) switch
        {
            0x2000 => DeviceEntryType.Character,
            0x6000 => DeviceEntryType.Block,
            0x4000 => DeviceEntryType.Directory,
            0xA000 => DeviceEntryType.Link,
            0x8000 => DeviceEntryType.File,
            _ => DeviceEntryType.Other,
        };
        return new DeviceEntry(type, major, minor, mode & PermissionMask, gid, type is DeviceEntryType.Link ? TargetOf(located) : null);
    }

    // Between the two calls the link may have gone; an empty target leads nowhere.
    private static string TargetOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> status);
}
