import sys

if __name__ == '__main__':
    from viewer import application
    sys.exit(application.run(sys.argv))
