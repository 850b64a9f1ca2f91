using Casemate.Node.Discovery;

namespace Casemate.Node.Machines;

/// <summary>The files of a described machine.</summary>
internal interface IMachineFiles : ISystemFiles
{
    /// <summary>Reads a file of the description itself, such as <c>cpuid.txt</c>.</summary>
    SystemFile ReadDescription(string name, int limit);
}
