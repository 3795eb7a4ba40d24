using System.Runtime.CompilerServices;

// P/Invoke signatures are blittable as they stand: no marshalling stubs.
[assembly: DisableRuntimeMarshalling]
