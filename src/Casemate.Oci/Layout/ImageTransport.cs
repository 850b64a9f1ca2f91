namespace Casemate.Oci.Layout;

/// <summary>The kinds of places where images lie; the names are skopeo's.</summary>
public enum ImageTransport
{
    /// <summary>A registry: <c>docker://registry/repository:tag</c>.</summary>
    Registry = 0,
    /// <summary>A layout in a directory: <c>oci:DIR[:tag]</c>.</summary>
    OciLayout,
    /// <summary>A layout in a tar archive: <c>oci-archive:FILE[:tag]</c>.</summary>
    OciArchive,
    /// <summary>An archive as <c>docker save</c> writes it: <c>docker-archive:FILE[:name:tag]</c>.</summary>
    DockerArchive,
}
