namespace Casemate.Broker;

/// <summary>
/// A stored resource is there but cannot be opened: changed, cut off, moved to another name, or sealed with a key that the key file
/// does not hold. Trying again does not help; restore the file or its key from a copy.
/// </summary>
public sealed class ResourceDamagedException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="file">The file.</param>
    /// <param name="reason">What is wrong with it, without any part of its content.</param>
    public ResourceDamagedException(string file, string reason)
        : base($"The resource file '{file}' is damaged: {reason}. Restore it, or the key file, from a copy.") => File = file;

    /// <summary>The file.</summary>
    public string File { get; }
}
