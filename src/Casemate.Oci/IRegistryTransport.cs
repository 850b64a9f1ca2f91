namespace Casemate.Oci;

/// <summary>Opens repositories of registries, for names that mean one; supplied by whoever has credentials and a network.</summary>
public interface IRegistryTransport
{
    /// <summary>The repository of a reference, for reading.</summary>
    IImageSource OpenSource(ImageReference reference);

    /// <summary>The repository of a reference, for writing.</summary>
    IImageTarget OpenTarget(ImageReference reference);
}
