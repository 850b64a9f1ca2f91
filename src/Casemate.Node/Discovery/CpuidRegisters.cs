namespace Casemate.Node.Discovery;

/// <summary>The four registers that CPUID answers with.</summary>
public readonly record struct CpuidRegisters(uint Eax, uint Ebx, uint Ecx, uint Edx);
