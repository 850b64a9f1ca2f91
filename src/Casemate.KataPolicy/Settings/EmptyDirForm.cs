namespace Casemate.KataPolicy.Settings;

/// <summary>What an <c>emptyDir</c> that is not in memory becomes in the guest.</summary>
public enum EmptyDirForm
{
    /// <summary>A block device that the guest encrypts with a key it makes up and forgets (<c>block-encrypted</c>).</summary>
    BlockEncrypted = 0,
    /// <summary>A block device with a file system in the clear (<c>block-plain</c>): the host can read and change it.</summary>
    BlockPlain,
    /// <summary>A directory of the host, shared into the guest (<c>shared-fs</c>): the host can read and change it.</summary>
    SharedFs,
    /// <summary>
    /// A directory of the guest's own, named by a storage of the driver <c>local</c>, as Kata before 3.10 made it (<c>local</c>).
    /// </summary>
    Local,
}
