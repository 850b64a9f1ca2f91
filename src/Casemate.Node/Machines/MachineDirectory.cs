using Casemate.Node.Discovery;

namespace Casemate.Node.Machines;

/// <summary>A described machine in a directory.</summary>
internal sealed class MachineDirectory(string directory) : IMachineFiles
{
    private readonly HostSystemFiles _files = new(NodeRoots.Under(directory));

    // The description's own files are read as if they were in a tree of the machine.
    private readonly HostSystemFiles _description = new(NodeRoots.Default with { Boot = directory });

    public SystemFile Read(string path, int limit) => _files.Read(path, limit);

    public IReadOnlyList<string> List(string path) => _files.List(path);

    public bool HasDirectory(string path) => _files.HasDirectory(path);

    public SystemFile ReadDescription(string name, int limit) => _description.Read("/boot/" + name, limit);
}
