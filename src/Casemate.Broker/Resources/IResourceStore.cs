namespace Casemate.Broker;

/// <summary>Keeps secrets under names. Safe for concurrent use.</summary>
public interface IResourceStore
{
    /// <summary>The largest content that is kept, in bytes.</summary>
    int MaxResourceSize { get; }

    /// <summary>Stores a resource, replacing one of the same name. After the task has ended, a crash cannot lose it.</summary>
    /// <param name="path">The name.</param>
    /// <param name="content">1 to <see cref="MaxResourceSize"/> bytes.</param>
    /// <param name="cancellationToken">Honoured before writing starts; a write under way is finished.</param>
    /// <exception cref="ArgumentException">The content is empty or too large.</exception>
    /// <exception cref="IOException">Disk full, no permission and the like; what was stored before is untouched.</exception>
    ValueTask PutAsync(ResourcePath path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>Reads a resource.</summary>
    /// <param name="path">The name.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>The content, to be cleared after use; null when there is none.</returns>
    /// <exception cref="ResourceDamagedException">It is there but cannot be opened: never the same as absent.</exception>
    ValueTask<byte[]?> GetAsync(ResourcePath path, CancellationToken cancellationToken = default);

    /// <summary>Removes a resource.</summary>
    /// <param name="path">The name.</param>
    /// <param name="cancellationToken">Honoured before the removal.</param>
    /// <returns>False when there was none.</returns>
    ValueTask<bool> DeleteAsync(ResourcePath path, CancellationToken cancellationToken = default);

    /// <summary>The names of all resources, sorted.</summary>
    /// <param name="cancellationToken">Stops the listing.</param>
    /// <exception cref="ResourceDamagedException">The name of one cannot be read.</exception>
    ValueTask<IReadOnlyList<ResourcePath>> ListAsync(CancellationToken cancellationToken = default);
}
