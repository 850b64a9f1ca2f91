using System.Runtime.Versioning;

namespace Casemate.Primitives.Sockets;

/// <summary>A directory that sockets are in: whoever can write there decides who answers on them.</summary>
public static class SocketDirectory
{
    private const uint Root = 0;

    private const UnixFileMode EveryoneEnters = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Says who else could put a socket in the place of one in a directory, as far as its owner and its mode tell.</summary>
    /// <param name="directory">The directory; links are followed.</param>
    /// <returns>
    /// One sentence and what to do; null when only root and this user may write there, or when there is no such directory. What is mounted
    /// where, and for whom, nobody can see here.
    /// </returns>
    public static string? Caution(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (!OperatingSystem.IsLinux() || FileIdentity.TryReadThroughLinks(directory) is not { } found)
        {
            return null;
        }

        var user = SocketCalls.EffectiveUser();
        if (found.Owner != Root && found.Owner != user)
        {
            return $"The directory {directory} belongs to user {found.Owner}, who can put another socket in the place of one in it. "
                + $"Give it to user {user}, or to root.";
        }

        return found.Permissions.HasFlag(UnixFileMode.OtherWrite) && !found.Permissions.HasFlag(UnixFileMode.StickyBit)
            ? $"Everybody may write in the directory {directory} (mode {Convert.ToString((int)found.Permissions, 8)}), and so put another "
                + $"socket in the place of one in it. Take that away: chmod o-w {directory}"
            : null;
    }

    /// <summary>Makes a directory that everybody may enter and only this user may write in, unless it is there.</summary>
    [SupportedOSPlatform("linux")]
    internal static void Create(string directory)
    {
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory, EveryoneEnters);
            File.SetUnixFileMode(directory, EveryoneEnters);               // the umask does not apply to this call
        }
    }
}
