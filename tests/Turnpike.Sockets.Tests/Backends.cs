namespace Turnpike.Sockets.Tests;

public sealed class LinuxTraffic() : TrafficConformance(portable: false);

public sealed class PortableTraffic() : TrafficConformance(portable: true);

public sealed class LinuxLifecycle() : LifecycleConformance(portable: false);

public sealed class PortableLifecycle() : LifecycleConformance(portable: true);
