namespace Casemate.Oci.Layout;

/// <summary>The files of a layout, wherever they lie: in a directory, or in an archive.</summary>
internal interface ILayoutFiles
{
    /// <summary>How the layout is named in messages.</summary>
    string Name { get; }

    /// <summary>Opens a file by its path in the layout; null when there is none. The stream knows its length.</summary>
    Stream? TryOpen(string path);
}
