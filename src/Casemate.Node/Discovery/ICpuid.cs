namespace Casemate.Node.Discovery;

/// <summary>The processor's account of itself.</summary>
public interface ICpuid
{
    /// <summary>Reads one sub-leaf.</summary>
    /// <returns>Its registers; all zero for what the processor does not have.</returns>
    CpuidRegisters Read(uint leaf, uint subLeaf);
}
