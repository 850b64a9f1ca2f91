using System.Globalization;
using Casemate.Node.Discovery;

namespace Casemate.Node.Description;

/// <summary>Device nodes as people write them.</summary>
internal static class DeviceText
{
    /// <summary>Permission bits as four octal digits.</summary>
    public static string Mode(DeviceNode node) => Convert.ToString(node.Mode, 8).PadLeft(4, '0');

    /// <summary>Path, what it leads to, numbers, permissions and group.</summary>
    public static string Of(DeviceNode? node)
    {
        if (node is null)
        {
            return "none";
        }

        var path = node.Path == node.RealPath ? node.Path : $"{node.Path} -> {node.RealPath}";
        return string.Create(CultureInfo.InvariantCulture, $"{path} ({node.Major}:{node.Minor}, mode {Mode(node)}, group {node.Gid})");
    }
}
