namespace Casemate.Node.Discovery;

/// <summary>The entries of <c>/dev</c>, looked at one by one.</summary>
public interface IDeviceDirectory
{
    /// <summary>Looks at one entry without following it when it is a link (lstat). Never throws.</summary>
    /// <param name="path">Absolute path as the machine knows it, without links before the last name.</param>
    /// <returns>The entry; null when nothing is there or it cannot be looked at.</returns>
    DeviceEntry? Look(string path);
}
