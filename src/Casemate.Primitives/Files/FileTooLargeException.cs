namespace Casemate.Primitives.Files;

/// <summary>A file, or what arrives through a pipe, has more bytes than are read of its kind. Reading it again cannot help.</summary>
public sealed class FileTooLargeException : IOException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="limit">The bytes that are read at most.</param>
    public FileTooLargeException(long limit)
        : base($"it has more than {limit} bytes, which are the most that is read") => Limit = limit;

    /// <summary>The bytes that are read at most.</summary>
    public long Limit { get; }
}
