namespace Casemate.Oci.Layers;

/// <summary>Where a file's content comes from; it can be opened more than once and gives the same bytes each time.</summary>
/// <param name="Size">The size in bytes.</param>
/// <param name="OpenAsync">Opens the content from its start; whoever opens it disposes it.</param>
public sealed record ContentSource(long Size, Func<CancellationToken, Task<Stream>> OpenAsync)
{
    /// <summary>Nothing.</summary>
    public static ContentSource Empty { get; } = FromBytes(ReadOnlyMemory<byte>.Empty);

    /// <summary>The bytes given.</summary>
    public static ContentSource FromBytes(ReadOnlyMemory<byte> bytes) =>
        new(bytes.Length, _ => Task.FromResult<Stream>(new MemoryStream(bytes.ToArray(), writable: false)));

    /// <summary>A file, by its size at this moment. One that changes its size until it is read ends the work with an error.</summary>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: the file cannot be looked at.</exception>
    public static ContentSource FromFile(string path)
    {
        try
        {
            return new ContentSource(new FileInfo(path).Length, _ => Task.FromResult<Stream>(File.OpenRead(path)));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OciException(OciError.Storage, $"'{Quoted.Of(path)}' cannot be read: {failure.Message}", cause: failure);
        }
    }
}
