using Casemate.Oci;

namespace Casemate.Images.Packing;

/// <summary>A target that is not complete when the image in it is, because something else is to join it.</summary>
internal sealed class HeldTarget(IImageTarget target) : IImageTarget
{
    /// <inheritdoc/>
    public string Name => target.Name;

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(Descriptor descriptor, CancellationToken cancel) => target.ExistsAsync(descriptor, cancel);

    /// <inheritdoc/>
    public Task WriteAsync(Descriptor descriptor, Stream content, CancellationToken cancel) =>
        target.WriteAsync(descriptor, content, cancel);

    /// <inheritdoc/>
    public Task TagAsync(Descriptor descriptor, string tag, CancellationToken cancel) => target.TagAsync(descriptor, tag, cancel);

    /// <inheritdoc/>
    public Task CompleteAsync(CancellationToken cancel) => Task.CompletedTask;
}
