namespace Casemate.Oci;

/// <summary>Where images are written to: a registry's repository, a layout directory, an archive.</summary>
public interface IImageTarget
{
    /// <summary>How the target is named in messages: a reference, or a path.</summary>
    string Name { get; }

    /// <summary>True when the target already holds the content, so that it need not be written again.</summary>
    Task<bool> ExistsAsync(Descriptor descriptor, CancellationToken cancel);

    /// <summary>
    /// Writes content. Nothing of it is visible in the target unless all of it arrived and has the promised digest and size.
    /// Manifests and indexes are written after everything that they name.
    /// </summary>
    /// <exception cref="OciException">The content is not what was promised, or the target cannot be written.</exception>
    Task WriteAsync(Descriptor descriptor, Stream content, CancellationToken cancel);

    /// <summary>Lets a tag name a manifest or index that was written; replaces what the tag named before.</summary>
    Task TagAsync(Descriptor descriptor, string tag, CancellationToken cancel);

    /// <summary>
    /// Ends the writing: what was written and tagged becomes visible where the target is a file of its own, such as an archive. Called
    /// once, after everything else; a target that was not completed leaves nothing behind. Registries and directories do nothing here.
    /// </summary>
    /// <exception cref="OciException">The target cannot be written.</exception>
    Task CompleteAsync(CancellationToken cancel) => Task.CompletedTask;
}
